import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import tls from 'node:tls'
import type { Config } from '../config.ts'
import { Trouble } from '../errors.ts'

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const readAuthorities = (path: string): string[] => {
  let found: string[]
  try {
    found = readFileSync(path, 'utf8').match(pem) ?? []
    for (const each of found) new X509Certificate(each)
  } catch (cause) {
    throw new Trouble(
      `tls.ca_file names ${path}, which cannot be read: ${(cause as Error).message}.`,
      'Name a file of certificates in PEM.',
      cause,
    )
  }
  if (found.length === 0)
    throw new Trouble(`tls.ca_file names ${path}, which has no certificate in it.`, 'Name a file of certificates in PEM.')
  return found
}

/**
 * Has every call of this thread to others accept certificates of the authorities in `tls.ca_file` too: the product, its connector, the
 * identity provider, Prometheus, destinations without authorities of their own.
 */
export const trustAuthorities = ({ tls: { ca_file }, source }: Pick<Config, 'tls' | 'source'>): void => {
  if (ca_file === undefined) return
  const authorities = readAuthorities(resolve(dirname(source), ca_file))
  if (!tls.setDefaultCACertificates)
    throw new Trouble(`tls.ca_file needs Node 24.5 or later; this is ${process.versions.node}.`, 'Install it.')
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...authorities])
}
