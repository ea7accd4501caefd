/** Decides which files of a home a backup holds, copies them so that they stay consistent while work goes on, and back. */
export { copyHomeIn, copyHomeOut } from './copy-home.ts'
