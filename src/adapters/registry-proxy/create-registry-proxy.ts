import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadOnlyView, RegistryProxy } from '#ports'
import { type CertificateAuthority, openCertificateAuthority } from './certificate-authority.ts'
import { trustedCertificates } from './certificates.ts'
import { clientEnvironment, DOOR_PORT, HOME_FILES, INNER_FILES } from './client-environment.ts'
import { allowedDestinations } from './destinations.ts'
import { MACHINE_NETWORK, type Network } from './dial.ts'
import { openEgressLedger } from './egress-ledger.ts'
import { DEFAULT_EGRESS_LIMITS, type EgressLimits } from './egress-limits.ts'
import { javaTrustStore } from './java-trust-store.ts'
import { type MachineConfiguration, readMachineConfiguration } from './machine-configuration.ts'
import type { HostEnvironment } from './machine-files.ts'
import { listenAtDoor } from './registry-door.ts'

/** What a proxy is made of; network and limits are the machine's own unless a test puts others in. */
interface RegistryProxyOptions {
  /** Gander's home, absolute. */
  readonly home: string
  /** Absent means this process's environment: proxies, certificates and registries of the machine are read from it. */
  readonly environment?: HostEnvironment
  readonly network?: Network
  readonly limits?: Partial<EgressLimits>
}

interface Prepared {
  readonly authority: CertificateAuthority
  readonly files: readonly ReadOnlyView[]
  readonly has: { readonly trust_store: boolean; readonly maven_settings: boolean }
}

const writeView = (folder: string, name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o644 })
  renameSync(`${path}.${process.pid}`, path)
  return path
}

const prepare = async (
  folder: string,
  machine: MachineConfiguration,
  environment: HostEnvironment,
): Promise<Prepared> => {
  const authority = await openCertificateAuthority(folder)
  const trust_store = await javaTrustStore(folder, authority, environment)
  const settings = `<settings><mirrors>${machine.maven_mirrors}</mirrors></settings>\n`
  const has = { trust_store: trust_store !== undefined, maven_settings: machine.maven_mirrors !== '' }
  const files = [
    { host: authority.path, inner: INNER_FILES.certificate },
    ...(trust_store === undefined ? [] : [{ host: trust_store, inner: INNER_FILES.trust_store }]),
    ...(has.maven_settings
      ? [{ host: writeView(folder, 'maven-settings.xml', settings), inner: INNER_FILES.maven_settings }]
      : []),
    ...(machine.cargo === ''
      ? []
      : [{ host: writeView(folder, 'cargo.toml', machine.cargo), inner: INNER_FILES.cargo }]),
  ]
  return { authority, files, has }
}

/** The machine's way to package registries. Authority and trust stores are made at the first door, not before. */
export const createRegistryProxy = (options: RegistryProxyOptions): RegistryProxy => {
  const { home, environment = process.env, network = MACHINE_NETWORK } = options
  let prepared: Promise<Prepared> | undefined
  return {
    open: async ({ folder, hosts, budget }) => {
      const machine = readMachineConfiguration(environment)
      prepared ??= prepare(join(home, 'registry-proxy'), machine, environment)
      const ready = prepared
      ready.catch(() => {
        // The next setup tries again: a full disk may have been emptied.
        if (prepared === ready) prepared = undefined
      })
      const { authority, files, has } = await ready
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const ledger = openEgressLedger(budget)
      const door = await listenAtDoor(join(folder, 'registry.sock'), {
        allowed: allowedDestinations(hosts, machine),
        authority,
        ledger,
        network,
        environment,
        trusted: trustedCertificates(environment, machine.certificate_files),
        limits: { ...DEFAULT_EGRESS_LIMITS, ...options.limits },
      })
      return {
        door: { socket: door.socket, port: DOOR_PORT },
        environment: clientEnvironment(machine.environment, has),
        files,
        home_files: HOME_FILES.filter(({ inner }) => files.some((file) => file.inner === inner)),
        report: () => ledger.report(),
        close: door.close,
      }
    },
  }
}
