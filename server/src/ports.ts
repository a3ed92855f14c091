import { createServer } from 'node:net'
import { Trouble } from './errors.ts'

/** What is wrong with a port that could not be had, in words where it is something common. */
export const portTrouble = (error: unknown, what: string, port: number, variable: string): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new Trouble(`Port ${port} for the ${what} is taken.`, `Set ${variable} to another port, or to 0 for a free one.`)
  if (code === 'EACCES')
    return new Trouble(`Port ${port} for the ${what} cannot be used by this account.`, `Set ${variable} to a port above 1023.`)
  return error
}

/** The wanted port, if it is to be had now; a free one for 0: addresses must be known before the doors that name each other open. */
export const pickPort = async (host: string, wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(wanted, host, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
