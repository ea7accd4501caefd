import type { EntityJson, EntityUidJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs'
import type { ForbidPrincipal, ForbidRequest, ForbidResource } from '#ports'

/** A request in Cedar's own form, without the policies it is asked of. */
export type CedarRequest = Pick<StatefulAuthorizationCall, 'principal' | 'action' | 'resource' | 'context' | 'entities'>

/**
 * A path's text begins with a slash, so that a pattern which wants a slash before `.github` also speaks of the root; its
 * folders are its ancestors, so that `resource in Folder::".github"` does.
 */
export function cedarRequest({ action, principal, resource, context }: ForbidRequest): CedarRequest {
  const entities = resourceEntities(resource)
  const uid = entities[0]?.uid
  if (uid === undefined) throw new TypeError('a resource has no entity')
  const { change_classes, ...facts } = context
  return {
    principal: { type: 'Run', id: principal.run_id },
    action: { type: 'Action', id: action },
    resource: uid,
    context: { ...facts, change_classes: [...change_classes] },
    entities: [runEntity(principal), ...entities],
  }
}

const runEntity = ({ run_id, ...attrs }: ForbidPrincipal): EntityJson => ({
  uid: { type: 'Run', id: run_id },
  attrs: { ...attrs },
  parents: [],
})

/** The resource itself comes first. */
function resourceEntities(resource: ForbidResource): EntityJson[] {
  switch (resource.kind) {
    case 'path':
      return pathEntities(resource.components)
    case 'command': {
      const line = resource.words.join(' ')
      const attrs = { program: resource.words[0] ?? '', line, words: [...resource.words] }
      return [entity('Command', line, attrs)]
    }
    case 'host':
      return [entity('Host', resource.name, { name: resource.name, domains: domainsOf(resource.name) })]
    case 'tool': {
      const { server, name } = resource
      return [entity('Tool', `${server}/${name}`, { server, name })]
    }
    case 'repository':
      return [entity('Repository', resource.address, { address: resource.address })]
    default:
      return resource satisfies never
  }
}

function pathEntities(components: readonly string[]): EntityJson[] {
  const name = components.at(-1) ?? ''
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot + 1) : ''
  const folders = components.slice(0, -1).map((_, at) => components.slice(0, at + 1).join('/'))
  const parent = folders.at(-1)
  const attrs = { path: `/${components.join('/')}`, name, extension, components: [...new Set(components)] }
  return [
    {
      uid: { type: 'Path', id: components.join('/') },
      attrs,
      parents: parent === undefined ? [] : [folderUid(parent)],
    },
    ...folders.map((folder, at) => ({
      uid: folderUid(folder),
      attrs: {},
      parents: at === 0 ? [] : [folderUid(folders[at - 1] ?? '')],
    })),
  ]
}

const folderUid = (id: string): EntityUidJson => ({ type: 'Folder', id })
const entity = (type: string, id: string, attrs: EntityJson['attrs']): EntityJson => ({
  uid: { type, id },
  attrs,
  parents: [],
})

/** `a.b.example.org`, `b.example.org`, `example.org`, `org`. */
function domainsOf(host: string): string[] {
  const parts = host.split('.')
  return parts.map((_, at) => parts.slice(at).join('.'))
}
