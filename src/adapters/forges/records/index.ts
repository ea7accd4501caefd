/** Pull requests kept as files, for forges that keep none themselves: exactly one for a key, whatever is interrupted. */
export { folderNameOf } from './folder-name.ts'
export { PullRequestRecords } from './pull-request-records.ts'
