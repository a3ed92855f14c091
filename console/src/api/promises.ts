/** What the log promised on an answer (`Countersign-Promise`), as this browser keeps it until the promise is redeemed. */
export type KeptPromise = { place: string; promise: string; keptAt: number }

const prefix = 'countersign-promise-'
/** The oldest give way: what was done last is what somebody would take away. */
const keptMaximum = 300

/** Where there is no storage, for as long as the page is open. */
const memory = new Map<string, string>()

const readStored = (): [string, string][] => {
  try {
    return Object.entries(localStorage).filter(([place]) => place.startsWith(prefix))
  } catch {
    return []
  }
}

/** All that are kept, by whatever tab, the oldest first. */
export const keptPromises = (): KeptPromise[] =>
  [...readStored(), ...memory]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, promise]) => ({ place, promise, keptAt: Number(place.slice(prefix.length).split('-')[0]) }))

export const dropPromise = ({ place }: Pick<KeptPromise, 'place'>): void => {
  memory.delete(place)
  try {
    localStorage.removeItem(place)
  } catch {
    // There is no storage.
  }
}

/** Each has a place of its own, so that tabs that keep one at the same time do not write over each other. */
export const keepPromise = (promise: string): void => {
  const kept = keptPromises()
  for (const oldest of kept.slice(0, Math.max(0, kept.length + 1 - keptMaximum))) dropPromise(oldest)
  const place = `${prefix}${Date.now()}-${crypto.randomUUID().slice(0, 8)}`
  try {
    localStorage.setItem(place, promise)
  } catch {
    memory.set(place, promise)
  }
}

/** Keeps what an answer promises. */
export const noticePromise = ({ headers }: Pick<Response, 'headers'>): void => {
  const promise = headers.get('countersign-promise')
  if (promise !== null) keepPromise(promise)
}
