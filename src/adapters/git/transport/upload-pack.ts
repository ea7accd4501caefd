/**
 * Reads another user's repository without trusting it: ownership is set aside for this one read-only program, which
 * takes no commands from a repository's configuration, and which may open no connection of its own.
 */
export const UPLOAD_PACK = "GIT_ALLOW_PROTOCOL= GIT_NO_LAZY_FETCH=1 git -c 'safe.directory=*' upload-pack"
