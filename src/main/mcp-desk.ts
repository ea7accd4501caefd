import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { readEvidence } from '#evidence-plane/packet'
import { createAssistantServer, serveOverHttp, serveOverStdio } from '#adapters/mcp-server'
import type { McpDesk, McpPinned } from '#cli'
import { GanderError } from '#domain/failure'
import { createRedactor } from '#evidence-plane/redaction'
import { canonicalOffer, changesBetween, lookAtServer, pinnedOffer, withPin } from '#execution-plane/mcp-gateway'
import { chooseDriver } from './choose-driver.ts'
import { foreignParts, mcpFile, offerFile } from './foreign-parts.ts'
import { textOf } from './text-of.ts'
import type { PlatformSettings } from './shared-parts.ts'

/** Wires `gander mcp`. */
export function createMcpDesk(settings: PlatformSettings): McpDesk {
  return {
    list: async () =>
      (await foreignParts(settings).configuration()).servers.map(({ id, command, tools, resources, prompts, pin }) => ({
        id,
        command,
        tools,
        resources,
        prompts,
        pin: pin ?? null,
      })),
    pin: (id) => pin(settings, id),
    serve: (serving) => serve(settings, serving),
  }
}

async function serve(settings: PlatformSettings, wish: Parameters<McpDesk['serve']>[0]): ReturnType<McpDesk['serve']> {
  const { platform, port, submit, secrets } = wish
  const { home, version, redactor = createRedactor() } = settings
  for (const [name, value] of Object.entries(secrets)) redactor.register(name, value)
  const factory = () =>
    createAssistantServer({ platform, redactor, version, readEvidence, ...(submit === undefined ? {} : { submit }) })
  if (port === undefined) {
    const served = serveOverStdio(factory)
    return { http: null, ended: inputEnded(), close: () => served.close() }
  }
  const token = randomBytes(32).toString('base64url')
  redactor.register('mcp_token', token)
  const served = await serveOverHttp({ factory, at: { port }, token }).catch((cause: unknown) => {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new GanderError('usage', `Nothing can listen on port ${port} of 127.0.0.1 (${why}).`, {
      cause,
      remedy: 'Choose another port, or --http 0 for any.',
    })
  })
  const token_file = join(home, 'mcp', `token-${served.port ?? 0}`)
  await writeWhole(token_file, `${token}\n`)
  return {
    http: { url: `http://127.0.0.1:${served.port ?? 0}/mcp`, token_file },
    ended: new Promise<void>((done) => process.once('SIGHUP', done)),
    close: async () => {
      await rm(token_file, { force: true })
      await served.close()
    },
  }
}

const inputEnded = (): Promise<void> =>
  new Promise((done) => {
    process.stdin.once('end', done)
    process.stdin.once('close', done)
  })

async function pin(settings: PlatformSettings, id: string): Promise<McpPinned> {
  const { home } = settings
  const parts = foreignParts(settings)
  const server = (await parts.configuration()).servers.find((one) => one.id === id)
  if (server === undefined)
    throw new GanderError('mcp_configuration_invalid', `mcp.yaml has no server ${id}; \`gander mcp list\` tells which.`)
  const ground = { driver: await chooseDriver(home, process.env), servers: parts.servers }
  const seen = await lookAtServer(ground, server, join(home, 'mcp', 'look', id))
  const before = pinnedOffer(await parts.pinned(id), server.pin)
  await writeWhole(offerFile(home, id), canonicalOffer(seen.offer))
  await writeWhole(mcpFile(home), withPin((await textOf(mcpFile(home))) ?? '', id, seen.pin))
  return {
    id,
    pin: seen.pin,
    changed: before === undefined ? [] : changesBetween(before, seen.offer),
    tools: seen.tools.map(({ name }) => name),
    left_out: seen.left_out,
  }
}

/** Readable by this user only, and never half there. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await chmod(`${path}.new`, 0o600)
  await rename(`${path}.new`, path)
}
