import { randomBytes } from 'node:crypto'
import { defaultUpstream } from '@countersign/contract/views.ts'

/** One origin of a view: whose label stands in the host name, and which upstream is behind it. */
export type Place = { label: string; upstream: string }

/** The origins below `gateway.browser_origin`. */
export type Labels = {
  originOf(place: Place): string
  /** The place that a Host header names, exactly; undefined for every other host. */
  find(host: string): Place | undefined
  /** All of them, as a source of a Content-Security-Policy. */
  source: string
  /** Whether a page of one label can set no cookies for another. */
  isIsolated: boolean
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const labelLength = 26

/** 130 random bits in base32, so that no origin was ever another view's, and none can be guessed. */
export const newLabel = (): string => Array.from(randomBytes(labelLength), (byte) => alphabet[byte & 31]).join('')

const form = /^([a-z2-7]{26})(?:-([a-z](?:[a-z0-9-]{0,28}[a-z0-9])?))?$/

export const newLabels = (browserOrigin: string, { isPublicSuffix }: { isPublicSuffix: boolean }): Labels => {
  const [scheme = '', suffix = ''] = browserOrigin.toLowerCase().split('*')
  return {
    originOf: ({ label, upstream }) => `${scheme}${upstream === defaultUpstream ? label : `${label}-${upstream}`}${suffix}`,
    find: (given) => {
      const host = given.toLowerCase()
      if (!host.endsWith(suffix)) return undefined
      const [, label, upstream = ''] = form.exec(host.slice(0, -suffix.length)) ?? []
      // One spelling for each origin.
      if (label === undefined || upstream === defaultUpstream) return undefined
      return { label, upstream: upstream || defaultUpstream }
    },
    source: browserOrigin,
    // Browsers take localhost for a public suffix, and keep no cookie that is set for it.
    isIsolated: isPublicSuffix || /^\.localhost(?::\d+)?$/.test(suffix),
  }
}
