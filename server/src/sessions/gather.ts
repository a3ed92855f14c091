const keysMaximum = 256

/**
 * Reads for many askers with one statement at a time: while it is under way, the next gather. However many ask, it costs the
 * database no more than one connection. A statement under way is not shared: it may be older than what is asked for.
 */
export const newGatherer = <V>(
  read: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): ((key: string) => Promise<V | undefined>) => {
  const waiting = new Map<string, PromiseWithResolvers<V | undefined>>()
  let isReading = false
  const readAll = async (): Promise<void> => {
    isReading = true
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, keysMaximum)
      for (const [key] of batch) waiting.delete(key)
      try {
        const found = await read(batch.map(([key]) => key))
        for (const [key, { resolve }] of batch) resolve(found.get(key))
      } catch (error) {
        for (const [, { reject }] of batch) reject(error)
      }
    }
    isReading = false
  }
  return (key) => {
    const asked = waiting.get(key) ?? Promise.withResolvers<V | undefined>()
    waiting.set(key, asked)
    if (!isReading) void readAll()
    return asked.promise
  }
}
