/** The value of an answer; an answer that is a refusal fails the test with all it says. */
export const value = <Value>(result: { readonly ok: true; readonly value: Value } | { readonly ok: false }): Value => {
  if (!result.ok) throw new Error(JSON.stringify(result))
  return result.value
}

/** The refusal's code; undefined where there is none. */
export const code = (result: {
  readonly ok: boolean
  readonly refusal?: { readonly code: string }
}): string | undefined => result.refusal?.code

/** What the work threw; undefined where it threw nothing. */
export const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
