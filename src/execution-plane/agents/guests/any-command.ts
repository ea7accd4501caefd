import { GUEST_HOME, type GuestCli } from './guest-cli.ts'
import { readMessageLine } from './message-lines.ts'

const PROMPT_FILE = `${GUEST_HOME}/gander-prompt.md`

/** The variables by which programs of all kinds find a model: every wire format at the one address there is. */
export const anyEnvironment = (origin: string, token: string, model: string): { readonly [name: string]: string } => ({
  ANTHROPIC_BASE_URL: origin,
  ANTHROPIC_API_KEY: token,
  ANTHROPIC_MODEL: model,
  OPENAI_BASE_URL: `${origin}/v1`,
  OPENAI_API_BASE: `${origin}/v1`,
  OPENAI_API_KEY: token,
  OPENAI_MODEL: model,
  GOOGLE_GEMINI_BASE_URL: origin,
  GEMINI_API_KEY: token,
  GANDER_MODEL: model,
})

/** Any other program: `{prompt_file}` in its words becomes the path of the instructions. */
export const anyCommand: GuestCli = {
  launch: ({ program, origin, token, model, prompt, tools }) => ({
    argv: program.map((word) => word.replaceAll('{prompt_file}', PROMPT_FILE)),
    env: {
      ...anyEnvironment(origin, token, model),
      GANDER_PROMPT_FILE: PROMPT_FILE,
      GANDER_TOOLS_URL: tools.url,
      GANDER_TOOLS_TOKEN: tools.token,
    },
    files: { [PROMPT_FILE]: prompt },
  }),
  // Some programs speak this dialect of lines; of others only what they leave in the tree is known.
  read: readMessageLine,
}
