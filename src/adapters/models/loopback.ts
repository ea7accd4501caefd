/** True for addresses that never leave this machine. */
export const isLoopback = (hostname: string): boolean => {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** True when a model's address is a loopback one. */
export const isLoopbackUrl = (url: string | null): boolean =>
  url !== null && URL.canParse(url) && isLoopback(new URL(url).hostname)
