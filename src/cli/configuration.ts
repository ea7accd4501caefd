import { keyVariables, PROVIDERS } from './model-choice.ts'

/** One thing that can be configured from outside, with what its absence means. */
export interface Setting {
  readonly name: string
  readonly meaning: string
  /** What happens when it is absent or empty; always the safe thing. */
  readonly absent: string
}

const keys: readonly Setting[] = Object.keys(PROVIDERS).flatMap((provider) =>
  keyVariables(provider).map((name) => ({
    name,
    meaning: `Key for ${provider}; it wins over one kept by \`gander login\`.`,
    absent: 'The kept key is used; without one the provider cannot be chosen.',
  })),
)

/** Environment variables that Gander reads. The reference page is made from this table. */
export const VARIABLES: readonly Setting[] = [
  {
    name: 'GANDER_HOME',
    meaning: 'Folder that everything is kept in: database, artifacts, forge, caches, keys, logs.',
    absent:
      'On Linux `$XDG_DATA_HOME/gander` or `~/.local/share/gander`, on macOS `~/Library/Application Support/Gander`.',
  },
  {
    name: 'XDG_DATA_HOME',
    meaning: 'Where programs keep their own files, by the XDG convention; a relative path is ignored.',
    absent: '`~/.local/share` is used.',
  },
  {
    name: 'GANDER_SHARED',
    meaning:
      'Folder that processes with homes of their own share: artifacts, local forge, runs and the model gateway. Needs DATABASE_URL.',
    absent: 'They are kept under GANDER_HOME; workers apart then use the same one.',
  },
  {
    name: 'DATABASE_URL',
    meaning: 'A PostgreSQL of your own, 15 or newer.',
    absent: 'An embedded server is started under GANDER_HOME; it listens on a private unix socket only.',
  },
  ...keys,
  {
    name: 'NAME_API_KEY',
    meaning: 'Key for a provider of your own, called `name` in `--model name:MODEL --model-url URL`.',
    absent: 'The server is asked without a key.',
  },
  {
    name: 'GITHUB_TOKEN',
    meaning: 'Reads issues from GitHub with this token; it is sent to api.github.com and nowhere else.',
    absent: 'Public issues only, with a small rate limit.',
  },
  {
    name: 'GANDER_EMBEDDINGS_URL',
    meaning:
      'Address of an embedding model in the form of OpenAI, up to its version, that `gander localise` asks as well: it is sent the issue and the likeliest functions, without secrets. https, or this machine.',
    absent: 'No model is asked, and nothing leaves this machine.',
  },
  {
    name: 'GANDER_EMBEDDINGS_MODEL',
    meaning: 'Name of that embedding model.',
    absent: 'No model is asked.',
  },
  {
    name: 'GANDER_EMBEDDINGS_KEY',
    meaning: 'Key for that embedding model.',
    absent: 'It is asked without a key.',
  },
  {
    name: 'GANDER_SERVER',
    meaning: 'Address of a Gander server that is to do what is typed, as `--server`.',
    absent: 'Everything runs in this process.',
  },
  {
    name: 'GANDER_TOKEN',
    meaning: 'Token for that server; it wins over one kept by `gander login --server`.',
    absent: 'The kept token is used.',
  },
  {
    name: 'GANDER_GATEWAY_TOKEN',
    meaning:
      "A worker's token for the model gateway of another host, as `gander worker --gateway-token` reads it from a file.",
    absent: 'The file is read.',
  },
  {
    name: 'GANDER_EVIDENCE_KEY',
    meaning:
      'Ed25519 private key in PEM, or the path of one, that signs evidence packets; `none`: only GANDER_EVIDENCE_SIGNER signs.',
    absent: 'GANDER_HOME/evidence-key.pem signs.',
  },
  {
    name: 'GANDER_EVIDENCE_SIGNER',
    meaning:
      'Program that signs packets as well: a path, or a JSON array with its arguments. It gets the bytes on standard input and prints an Ed25519 signature in base64, within 30 seconds.',
    absent: 'The key signs alone.',
  },
  {
    name: 'GANDER_EVIDENCE_SIGNER_KEY',
    meaning: 'File with the public key in PEM that the program of GANDER_EVIDENCE_SIGNER signs with.',
    absent: 'The program is not asked, and packets are not sealed while it is named.',
  },
  {
    name: 'GANDER_GUESTS_CACHE',
    meaning: 'Folder below which coding agents that work as guests are looked for, beside the path.',
    absent: '`$XDG_CACHE_HOME/gander-guests` or `~/.cache/gander-guests`.',
  },
  { name: 'NO_COLOR', meaning: 'Any value turns colours off.', absent: 'Colours on a terminal.' },
  {
    name: 'FORCE_COLOR',
    meaning: 'Any value but 0 turns colours on without a terminal.',
    absent: 'No colours in pipes.',
  },
  { name: 'TERM', meaning: '`dumb` turns colours and the live line off.', absent: 'A capable terminal is assumed.' },
  {
    name: 'GANDER_DEBUG',
    meaning: 'Any value shows where a defect was thrown.',
    absent: 'Defects are told in three lines.',
  },
  {
    name: 'GANDER_COMMAND',
    meaning: 'How the program is called in the advice it gives; set by `bin/gander`.',
    absent: '`gander`.',
  },
]

/** Files under GANDER_HOME that a person may edit or read. */
export const FILES: readonly Setting[] = [
  {
    name: 'keys.json',
    meaning: 'Keys by provider, kept by `gander login`, readable by their owner only.',
    absent: 'Keys come from the environment.',
  },
  {
    name: 'sign-in.yaml',
    meaning: 'The identity provider that people sign in with at a server, and what its groups open.',
    absent: 'Nobody signs in unless `gander serve --oidc-issuer` names a provider; an administrator gives tokens.',
  },
  {
    name: 'access.yaml',
    meaning: 'Under which circumstances an act that a role opens stays open at a server; see docs/guides/roles.md.',
    absent: 'Roles alone decide.',
  },
  {
    name: 'prices.json',
    meaning:
      'Prices of models in US dollars for a million tokens, over the built-in table; `free` declares a model free.',
    absent: 'The built-in table; a model without a price is refused while a cost limit holds.',
  },
  {
    name: 'capabilities/',
    meaning: 'Capabilities of your own, a YAML file each, named as its id; one with a built-in id stands for it.',
    absent: 'The built-in ones.',
  },
  {
    name: 'approvals.yaml',
    meaning:
      'Who may approve what runs ask for, which changes need whose agreement, and how often people are asked; see docs/guides/approvals.md.',
    absent: 'Requesters may approve their own runs, and the record says so where they did.',
  },
  {
    name: 'workflow.yaml',
    meaning:
      "The highest level of runs, where a person is asked to go on, and what a gate's no leads to; see docs/guides/approvals.md.",
    absent: 'The built-in profile of each level; a run that names none has level 3.',
  },
  {
    name: 'audit.yaml',
    meaning: 'Where checkpoints of the ledger go besides this home, and how often they are made.',
    absent: 'Only here, every 100 events or 60 seconds.',
  },
  {
    name: 'retention.yaml',
    meaning: 'How many days each kind of record is kept.',
    absent: 'The rules of docs/guides/audit.md.',
  },
  {
    name: 'audit-key.pem',
    meaning: 'The key that signs checkpoints, readable by its owner only; `gander audit key` prints its public half.',
    absent: 'Made when it is first needed.',
  },
  {
    name: 'evidence-key.pem',
    meaning:
      'The key that signs evidence packets, readable by its owner only; `gander verify --public-key` prints its public half. To replace it, move it away: the next packet makes a new one.',
    absent: 'Made when the first packet is sealed.',
  },
  {
    name: 'evidence-keys/',
    meaning:
      'Public keys that packets are believed by when `gander verify` is given none; a file `*.pem` each. One that is taken out is believed no more.',
    absent: 'Made with the first key.',
  },
  {
    name: 'checkpoints/',
    meaning: 'Signed checkpoints of each tenant’s ledger; nothing here is ever changed.',
    absent: 'Made with the first checkpoint.',
  },
  { name: 'logs/', meaning: 'Logs of the processes that outlive a command.', absent: 'Made when they start.' },
]
