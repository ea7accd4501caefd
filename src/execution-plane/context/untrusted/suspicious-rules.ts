/** A way in which text steers whoever reads it as if it were instructions. */
export interface SuspicionRule {
  readonly id: string
  /** For people: what such a line does. */
  readonly title: string
  readonly pattern: RegExp
  /** True where words alone say too little in code, so that only prose is asked. */
  readonly prose_only: boolean
}

const ORDER = String.raw`(?:^\W*(?:\d+[.)]\s*)?|\b(?:please|must|should|shall|now|then|always|first|and|you (?:can|may|will|need to|have to)|instead,?)\s+)`

/**
 * What is flagged. A flag stops nothing and permits nothing: it tells the model and the people who review that a line
 * reads like orders. Patterns are asked of one line, in which homoglyphs and invisible characters are already undone.
 */
export const SUSPICION_RULES: readonly SuspicionRule[] = [
  {
    id: 'suspicious.overrides_rules',
    title: 'tells to set rules or instructions aside',
    pattern:
      /\b(?:ignor\w*|disregard\w*|forget|overrid\w+|bypass\w*|circumvent\w*|do(?: not|n't) (?:follow|obey))\b.{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|your|system|platform|safety|security|gander)\b.{0,40}\b(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines|constraints|guardrails|restrictions|contract)\b/i,
    prose_only: false,
  },
  {
    id: 'suspicious.new_role',
    title: 'gives the reader another role or mode',
    pattern:
      /\byou are (?:now|no longer)\b|\b(?:from now on|henceforth),? you\b|\b(?:enter|enable|activate|switch to) (?:developer|debug|god|admin|unrestricted|jailbreak) mode\b|\bact as (?:root|an? (?:admin\w*|unrestricted|different))\b|\bnew (?:system )?(?:instructions?|prompt) ?(?::|follow)/i,
    prose_only: false,
  },
  {
    id: 'suspicious.role_tag',
    title: 'imitates the marks of a conversation with a model',
    pattern:
      /<\|?(?:im_start|im_end|system|assistant|endoftext|start_header_id)\|?>|<\/?(?:system|assistant|system_prompt|system-reminder|instructions)>|\[\/?INST\]|<<\/?SYS>>|^\W*(?:SYSTEM|ASSISTANT|DEVELOPER)(?: (?:PROMPT|MESSAGE|NOTE|OVERRIDE))? ?:|"role"\s*:\s*"(?:system|assistant|developer|tool)"\s*,\s*"content"/,
    prose_only: true,
  },
  {
    id: 'suspicious.delimiter',
    title: 'imitates the delimiters that mark material',
    pattern: /<\/?\s*data\s+key\s*=/i,
    prose_only: false,
  },
  {
    id: 'suspicious.claims_leave',
    title: 'claims that something is approved or permitted',
    pattern:
      /\b(?:approval|permission|authori[sz]ation|clearance)\s+(?:is|has been|was|already|hereby)?\s*(?:granted|given|obtained|waived)\b|\b(?:pre-?|already )approved\b.{0,40}\b(?:change|action|push|merge|deploy|command|by)\b|\b(?:no|without(?: any)?|skip(?: the)?|not require) (?:further )?(?:approval|permission|review)s?\b.{0,20}\b(?:needed|required|necessary|for this)\b|\byou (?:are|have been) (?:allowed|authori[sz]ed|permitted|cleared) to\b/i,
    prose_only: false,
  },
  {
    id: 'suspicious.exfiltrates',
    title: 'asks for secrets or the environment to be shown or sent',
    pattern: new RegExp(
      String.raw`${ORDER}(?:send|post|upload|e-?mail|exfiltrate|leak|print|reveal|output|echo|dump|cat|show|include|paste|copy|read|append|base64)\b.{0,60}(?:\b(?:environment variables?|env vars?|secrets?|access tokens?|api[ _-]?keys?|credentials?|passwords?|private keys?|id_rsa|system prompt|printenv)\b|/proc/self/environ|~/\.(?:ssh|aws|netrc|npmrc)|(?:^|[\s"'\x60])\.env\b)`,
      'i',
    ),
    prose_only: true,
  },
  {
    id: 'suspicious.sends_out',
    title: 'sends something to an address outside',
    pattern:
      /\b(?:curl|wget|nc|ncat)\b[^|\n]{0,120}(?:-d|--data\S*|-F|--form|-T|--upload-file|--post-(?:data|file)|-X\s*(?:POST|PUT))\b.{0,120}(?:\$\(|\$\{?[A-Z_]*(?:KEY|TOKEN|SECRET|PASS)|@|`|env\b)|(?:\b(?:printenv|env)\b|\/proc\/self\/environ|\.ssh\/id_).{0,60}\|.{0,40}\b(?:curl|wget|nc|base64)\b/i,
    prose_only: false,
  },
  {
    id: 'suspicious.runs_remote',
    title: 'pipes something fetched into an interpreter',
    pattern: /\b(?:curl|wget|iwr|invoke-webrequest)\b[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\biex\s*\(/i,
    prose_only: false,
  },
  {
    id: 'suspicious.runs_command',
    title: 'orders a command that publishes, deploys or destroys',
    pattern: new RegExp(
      String.raw`${ORDER}(?:run|execute|invoke|call|type|start)\b.{0,30}(?:\bdeploy\b|deploy\.\w+|\brm -rf\b|git push|npm publish|twine upload|gh (?:pr|release|api)|kubectl|terraform (?:apply|destroy)|curl|wget|chmod \+s|printenv)`,
      'i',
    ),
    prose_only: true,
  },
  {
    id: 'suspicious.pushes',
    title: 'orders a push or a merge past the review',
    pattern: new RegExp(
      String.raw`${ORDER}(?:force[- ]?)?(?:push|merge|commit)\b.{0,40}\b(?:directly|straight|right)?\s*(?:to|into|on)\s+(?:the\s+)?(?:main|master|production|prod|default branch|release branch)\b`,
      'i',
    ),
    prose_only: true,
  },
  {
    id: 'suspicious.weakens_checks',
    title: 'orders tests or checks to be removed or skipped',
    pattern: new RegExp(
      String.raw`${ORDER}(?:delete|remove|skip|disable|weaken|comment out|turn off|relax|mute)\b.{0,30}\b(?:(?:the|all|any|these|those|failing) )(?:\w+ )?(?:tests?|checks?|assertions?|linters?|verification|verifiers?|gates?|scanners?)\b`,
      'i',
    ),
    prose_only: true,
  },
  {
    id: 'suspicious.hides',
    title: 'asks to keep something from people',
    pattern:
      /\b(?:do not|don't|never|without) (?:tell\w*|mention\w*|inform\w*|reveal\w*|disclos\w+|report\w*|alert\w*|notify\w*)\b.{0,40}\b(?:users?|reviewers?|humans?|people|maintainers?|operators?|anyone|this (?:instruction|message|note))\b/i,
    prose_only: true,
  },
  {
    id: 'suspicious.steers_judge',
    title: 'tells a reviewing model what to answer',
    pattern:
      /\b(?:answer|respond|reply|return|output|say|verdict)\b(?: (?:must|should|with|only|be|is|simply))+:? ["'`]?(?:pass|approved?|lgtm|accept(?:ed)?)\b|\b(?:note|message|instruction)s? (?:to|for) (?:the )?(?:ai|llm|model|judge|reviewer model|assistant|coding agent|agent)s?\b/i,
    prose_only: false,
  },
  {
    id: 'suspicious.widens_scope',
    title: 'claims that any file may be changed',
    pattern:
      /\byou (?:may|can|must|should) (?:also )?(?:edit|change|modify|touch|write|delete) (?:any|every|all|protected)\b.{0,30}\b(?:files?|paths?|director(?:y|ies)|tests?)\b|\bpolicy (?:does not apply|is suspended|allows everything)\b/i,
    prose_only: false,
  },
]
