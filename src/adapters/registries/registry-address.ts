/** An https address without user, password, query and fragment; nothing for any other text. */
export function withoutCredentials(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const url = new URL(address)
  if (url.protocol !== 'https:') return []
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return [url.href]
}
