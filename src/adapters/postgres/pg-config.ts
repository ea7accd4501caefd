/** Where one role reaches one database; what `pg` takes as connection parameters. */
export interface PgConfig {
  /** A host name, or the absolute path of the folder that holds the server's socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}
