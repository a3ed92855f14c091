import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { type Destination, readSecret, type Secret } from '../destinations.ts'
import { Trouble } from '../errors.ts'
import { newSigner, type SigningKey } from '../outbound/sign.ts'
import { openCaep } from './senders/caep.ts'
import { openDatadog } from './senders/datadog.ts'
import { openElasticsearch } from './senders/elasticsearch.ts'
import { openFile } from './senders/file.ts'
import { openMail } from './senders/mail.ts'
import { openNdjson } from './senders/ndjson.ts'
import type { Sender } from './senders/sender.ts'
import { openSlack } from './senders/slack.ts'
import { openSplunk } from './senders/splunk.ts'
import { openSyslog } from './senders/syslog.ts'
import { openWebhook } from './senders/webhook.ts'

export type SenderNeeds = {
  config: Pick<Config, 'source'>
  environment: NodeJS.ProcessEnv
  /** Signs security event tokens. */
  key: SigningKey
}
type Named = SenderNeeds & { name: string; destination: Destination }

/** Where it goes, as people may see it. */
export const addressOf = (destination: Destination): string => {
  if (destination.type === 'syslog') return `${destination.transport}://${destination.host}:${destination.port}`
  if (destination.type === 'mail') return `smtp://${destination.host}:${destination.port} → ${destination.to.join(', ')}`
  if (destination.type === 'file') return destination.path
  if (destination.type === 'slack') return 'a webhook whose address is a secret'
  const { origin, pathname } = new URL(destination.url)
  return `${origin}${pathname}`
}

const readPem = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Trouble(`${what} names ${path}, which cannot be read.`, 'Name a PEM file, or leave the key out.', cause as Error)
  }
}

/** A sender as the configuration describes it. Throws Trouble where a secret or a file is missing. */
export const openSender = ({ name, destination, config, environment, key }: Named): Sender => {
  const where = `destinations.${name}`
  const folder = (path: string): string => resolve(dirname(config.source), path)
  const secret = (key: string, given: Secret): string => readSecret(`${where}.${key}`, given, { environment, folder })
  const secretIf = (key: string, given: Secret | undefined) => (given === undefined ? undefined : secret(key, given))
  const pem = (key: string, path: string | undefined) => (path === undefined ? undefined : readPem(folder(path), `${where}.${key}`))
  const reach = { wall: { allowed: destination.allow_addresses }, ca: pem('ca_file', destination.ca_file) }
  switch (destination.type) {
    case 'webhook':
      return openWebhook({ ...reach, url: destination.url, secrets: destination.secrets.map((each, at) => secret(`secrets.${at}`, each)) })
    case 'ndjson':
      return openNdjson({ ...reach, url: destination.url, token: secretIf('token', destination.token) })
    case 'splunk_hec': {
      const { url, index, source_type, acks, ack_seconds } = destination
      return openSplunk({ ...reach, url, index, source_type, acks, ack_seconds, token: secret('token', destination.token) })
    }
    case 'elasticsearch':
      return openElasticsearch({
        ...reach,
        url: destination.url,
        index: destination.index,
        api_key: secretIf('api_key', destination.api_key),
      })
    case 'datadog':
      return openDatadog({ ...reach, url: destination.url, service: destination.service, api_key: secret('api_key', destination.api_key) })
    case 'syslog': {
      const { host, port, transport } = destination
      const certificate = pem('certificate_file', destination.certificate_file)
      return openSyslog({ ...reach, host, port, transport, certificate, key: secretIf('key', destination.key) })
    }
    case 'file':
      return openFile({ path: folder(destination.path), max_bytes: destination.max_bytes, keep: destination.keep })
    case 'mail': {
      const { host, port, tls, user, from, to } = destination
      return openMail({ ...reach, host, port, tls, user, from, to, password: secretIf('password', destination.password) })
    }
    case 'slack':
      return openSlack({ ...reach, url: secret('url_secret', destination.url_secret) })
    case 'caep': {
      const sign = newSigner(key, 'secevent+jwt')
      return openCaep({ ...reach, sign, url: destination.url, token: secretIf('token', destination.token) })
    }
  }
}
