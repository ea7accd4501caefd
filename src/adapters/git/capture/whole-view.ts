import type { SandboxCapture } from '#ports'

/** A complete copy of a tree: a name that it does not hold is gone. */
export class WholeView {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** True when this is a view of exactly this copy, so that what was read of it may be remembered. */
  shows(capture: SandboxCapture): boolean {
    return capture.kind === 'whole' && this.folder === capture.folder
  }

  isOpaque(): Promise<boolean> {
    return Promise.resolve(true)
  }
}
