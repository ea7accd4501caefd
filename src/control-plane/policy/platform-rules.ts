import { ACTION_RULES, CLOSED_BRANCHES, CLOSED_CONTENT, PRIVATE_HOSTS, SANDBOX_FLOOR } from './action-rules.ts'
import { COMMAND_RULES, DECODERS, FETCHERS, INTERPRETERS, SHELLS, WRAPPERS } from './command-rules.ts'
import { PATH_CLASSES } from './path-classes.ts'

/** Every table of the platform's own rules: what the version of a policy is made over. */
export const PLATFORM_RULES = {
  ACTION_RULES,
  CLOSED_BRANCHES,
  CLOSED_CONTENT,
  COMMAND_RULES,
  DECODERS,
  FETCHERS,
  INTERPRETERS,
  PATH_CLASSES,
  PRIVATE_HOSTS,
  SANDBOX_FLOOR,
  SHELLS,
  WRAPPERS,
} as const
