import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Trouble } from './errors.ts'

/** The program's own keys. They live in files beside the data, never in the database. */
export type Keys = {
  /** Ed25519: signs checkpoints of the log. */
  log: KeyObject
  /** Ed25519: signs the gateway's assertions and the calls to the connector. Published as a JWK. */
  assertion: { privateKey: KeyObject; publicJwk: { kty: string; crv: string; x: string; kid: string; alg: 'EdDSA'; use: 'sig' } }
  /** HMAC-SHA256: marks each event as written by this program. 32 bytes. */
  event: Buffer
}

/** A new name in a folder is only there for good when the folder is on the disk too. */
const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** A key that others may read is theirs too; one they may write is not ours any more. */
const requirePrivate = (path: string): void => {
  const mode = statSync(path).mode & 0o777
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new Trouble(
    `The key ${path} can be read by others on this host (mode ${mode.toString(8).padStart(4, '0')}).`,
    `Find out who could have read it, then close it: chmod 600 ${path}`,
  )
}

/** Reads a file; where there is none, writes what `make` gives first. The first of several replicas wins. */
export const keepSecret = (path: string, make: () => string): string => {
  if (!existsSync(path)) {
    const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
    writeFileSync(draft, make(), { mode: 0o600, flush: true })
    try {
      linkSync(draft, path)
      syncFolder(dirname(path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(draft, { force: true })
    }
  }
  requirePrivate(path)
  return readFileSync(path, 'utf8')
}

const newEd25519 = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Loads the keys of a folder, making those that are missing. Keys are readable by their owner alone. */
export const loadKeys = (directory: string): Keys => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    chmodSync(directory, 0o700)
    const log = createPrivateKey(keepSecret(join(directory, 'log.pem'), newEd25519))
    const assertion = createPrivateKey(keepSecret(join(directory, 'assertion.pem'), newEd25519))
    const event = Buffer.from(
      keepSecret(join(directory, 'event.key'), () => randomBytes(32).toString('base64')),
      'base64',
    )
    if (event.length !== 32) throw new Error('event.key does not hold 32 bytes')
    const { x } = createPublicKey(assertion).export({ format: 'jwk' })
    if (log.asymmetricKeyType !== 'ed25519' || assertion.asymmetricKeyType !== 'ed25519' || !x) throw new Error('not an Ed25519 key')
    return {
      log,
      assertion: { privateKey: assertion, publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid: x.slice(0, 16), alg: 'EdDSA', use: 'sig' } },
      event,
    }
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    throw new Trouble(
      `The keys in ${directory} cannot be used: ${(cause as Error).message}`,
      'Restore the folder from a backup. New keys could not continue the log that the old ones signed.',
      cause,
    )
  }
}
