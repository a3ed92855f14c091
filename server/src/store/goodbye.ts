import { BroadcastChannel } from 'node:worker_threads'

/** What a server says, or does, to whoever calls while it ends: 57P03 and 57P01, or nobody is there. */
const goodbyes = new Set(['57P01', '57P03', 'ECONNREFUSED', 'ENOENT'])

export const isGoodbye = (error: unknown): boolean => goodbyes.has((error as { code?: string } | undefined)?.code ?? '')

export type Goodbyes = { say(): void; close(): void }

const placeOf = (url: string): string => {
  if (!URL.canParse(url)) return url
  const { host, searchParams } = new URL(url)
  return searchParams.get('host') ?? host
}

/**
 * A server that is told to end in good order takes nobody new, and waits for those who are there: for our idle connections,
 * for ever. Whoever is refused tells every pool of the process, in all its threads; those let their connections go.
 */
export const hearGoodbyes = (url: string, heard: () => void): Goodbyes => {
  const channel = new BroadcastChannel(`countersign-database ${placeOf(url)}`)
  channel.onmessage = heard
  channel.unref()
  return {
    say: () => {
      heard()
      channel.postMessage(undefined)
    },
    close: () => channel.close(),
  }
}
