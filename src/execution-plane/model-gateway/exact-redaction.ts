import type { Json } from '#domain/json'
import type { Redactor } from '#ports'

/**
 * Replaces registered secrets in every string of a value. Pattern hits alone change nothing: a hash is not a secret,
 * and an edit that a model asked for must stay what it was.
 */
export async function withoutRegisteredSecrets<Value>(value: Value, redactor: Redactor): Promise<Value> {
  const leaves: string[] = []
  collect(value as Json, leaves)
  const text = leaves.join('\n')
  const confirmed = redactor.holdsRegistered?.(text) ?? (await redactor.redact(text)).confirmed
  return confirmed ? ((await replace(value as Json, redactor)) as Value) : value
}

function collect(value: Json | undefined, leaves: string[]): void {
  if (typeof value === 'string') leaves.push(value)
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) {
      leaves.push(key)
      collect(member, leaves)
    }
}

async function replace(value: Json, redactor: Redactor): Promise<Json> {
  if (typeof value === 'string') return replaceText(value, redactor)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Promise.all(value.map((item: Json) => replace(item, redactor)))
  const members: [string, Json][] = []
  for (const [key, member] of Object.entries(value))
    members.push([await replaceText(key, redactor), await replace(member, redactor)])
  return Object.fromEntries(members)
}

async function replaceText(text: string, redactor: Redactor): Promise<string> {
  const redaction = await redactor.redact(text)
  return redaction.confirmed ? redaction.text : text
}
