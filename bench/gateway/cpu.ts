// CPU time by thread and process, as Linux counts it: steadier than requests a second on cores that others share.
import { readdirSync, readFileSync } from 'node:fs'

/** CPU microseconds so far, by what they were spent for. */
export type Cpu = Record<string, number>

/** USER_HZ, which Linux fixes at 100: a tick is ten milliseconds. */
const tickMicroseconds = 10_000

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

/** utime and stime are the 14th and 15th field; the name before them may hold spaces, so they are counted from its end. */
const microsecondsOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMicroseconds
}

const threadsOf = (pid: number): [name: string, microseconds: number][] => {
  const folder = `/proc/${pid}/task`
  const ids = (() => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  })()
  return ids.flatMap((id) => {
    const stat = read(`${folder}/${id}/stat`)
    return stat === undefined
      ? []
      : [[id === String(pid) ? 'main' : (read(`${folder}/${id}/comm`) ?? '').trim(), microsecondsOf(stat)] as const]
  }) as [string, number][]
}

const childrenOf = (pid: number): number[] => {
  const listed = read(`/proc/${pid}/task/${pid}/children`) ?? ''
  const children = listed.split(' ').filter(Boolean).map(Number)
  return [...children, ...children.flatMap(childrenOf)]
}

/** Threads of a process by name, those of one name together; with `isWhole` the process and its children as one sum. */
export const readCpu = (label: string, pid: number, isWhole = false): Cpu => {
  const cpu: Cpu = {}
  const add = (name: string, microseconds: number) => {
    cpu[name] = (cpu[name] ?? 0) + microseconds
  }
  if (isWhole) for (const each of [pid, ...childrenOf(pid)]) for (const [, microseconds] of threadsOf(each)) add(label, microseconds)
  else for (const [name, microseconds] of threadsOf(pid)) add(`${label}: ${name}`, microseconds)
  return cpu
}

/** What was spent between two readings, a request, in whole microseconds; what took none is left out. */
export const perRequest = (before: Cpu, after: Cpu, requests: number): Cpu =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, microseconds]) => [name, Math.round((microseconds - (before[name] ?? 0)) / Math.max(1, requests))] as const)
      .filter(([, microseconds]) => microseconds > 0),
  )
