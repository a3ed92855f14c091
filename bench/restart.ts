import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findPlace } from '../server/src/store/embedded/place.ts'
import { findPostmaster } from '../server/src/store/embedded/postmaster.ts'
import { newDataDir, repository, startProgram } from '../test/support/program.ts'

export const about = 'seconds until the program answers again after kill -9, vs its database server alone'

const rounds = 5

const killDatabase = (dataDir: string): void => {
  const found = findPostmaster(findPlace(dataDir).cluster)
  if (!found) throw new Error('there is no database server to kill')
  process.kill(found.pid, 'SIGKILL')
}

/** The peer: a process that starts the same database server, and nothing else. */
const startDatabase = async (dataDir: string): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(repository, 'test/support/embedded-child.ts'), dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(createInterface({ input: child.stdout }), 'line')
  return child
}

const secondsOf = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const began = performance.now()
  return [await work(), (performance.now() - began) / 1_000]
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number

/** Each round kills the program, then the program and its database server, then a database server that runs alone. */
export async function run(): Promise<Record<string, unknown>> {
  const { path: dataDir, remove } = newDataDir()
  const start = () => startProgram(dataDir, { ACME_TRAFFIC: '0' })
  const seconds = { program: [] as number[], both: [] as number[], database: [] as number[] }
  try {
    for (let round = 0; round < rounds; round++) {
      await (await start()).kill()
      const [again, afterProgram] = await secondsOf(start)
      killDatabase(dataDir)
      await again.kill()
      const [last, afterBoth] = await secondsOf(start)
      await last.stop()
      const alone = await startDatabase(dataDir)
      killDatabase(dataDir)
      alone.kill('SIGKILL')
      await once(alone, 'exit')
      const [peer, afterDatabase] = await secondsOf(() => startDatabase(dataDir))
      peer.stdin?.end()
      await once(peer, 'exit')
      seconds.program.push(afterProgram)
      seconds.both.push(afterBoth)
      seconds.database.push(afterDatabase)
    }
  } finally {
    remove()
  }
  const [program, both, database] = [median(seconds.program), median(seconds.both), median(seconds.database)]
  const round = (number: number) => Number(number.toFixed(2))
  return {
    seconds_program_killed: round(program),
    seconds_both_killed: round(both),
    seconds_database_alone: round(database),
    ratio: round(both / database),
  }
}
