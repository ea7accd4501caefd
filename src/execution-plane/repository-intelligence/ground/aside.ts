const ASIDE =
  /(^|\/)(examples?|samples?|demos?|playgrounds?|benchmarks?|benches|bench|asv_bench|fuzz|fixtures?|__fixtures__|docs?|site|website|e2e|templates?|template-[^/]*)\//i

/** True for what is shown, measured or tried with the software and is no part of it. */
export const isAside = (path: string): boolean => ASIDE.test(path)
