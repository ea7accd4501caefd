import type { ApprovalRules } from './read-approval-rules.ts'

/** Who asks for what, and who wants to say yes to it. */
interface Wish {
  readonly requester: string
  /** The name that the answer is given under. */
  readonly by: string
  /** The account that the answer was typed from, as this machine knows it. */
  readonly account: string
}

/** True where the answer is the requester's own: under their name, or from their account under another. */
export const isOwnRequest = ({ requester, by, account }: Wish): boolean =>
  [by, account].some((name) => plain(name) === plain(requester))

/** Whether this yes counts. A no is anybody's to give. */
export const mayApprove = (wish: Wish, rules: ApprovalRules): boolean => !rules.another_person || !isOwnRequest(wish)

/** Names that look alike are one name. */
const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]/gu, '')
    .toLowerCase()
