import { readFileSync } from 'node:fs'
import type pg from 'pg'

type Client = Pick<pg.Client, 'query'>

/** What there is, and how it is: `policy program_reads on events` is `permissive select to countersign_app using true`. */
type Shape = ReadonlyMap<string, string>

const query = readFileSync(new URL('./log-shape.sql', import.meta.url), 'utf8')
const separator = ' = '

/** In one line of plain letters: whoever named a thing in the database may have put anything into its name. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[^\x20-\x7e]/g, '?')

/** The log's tables as the migrations make them: a line each, by `npm run log-shape`. */
export const shapeFile = new URL('./log-shape.txt', import.meta.url)

const parseShape = (text: string): Shape =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what = '', ...how] = line.split(separator)
        return [what, how.join(separator)]
      }),
  )

/** The log's tables as they are in the database. */
const readShape = async (client: Client): Promise<Shape> => {
  // Several statements at once are one transaction, and answered one by one.
  const answers = (await client.query(query)) as unknown as pg.QueryResult<{ what: string; how: string }>[]
  return new Map((answers.at(-1)?.rows ?? []).map(({ what, how }) => [plain(what), plain(how)]))
}

/** The shape of a database as it stands in the file. */
export const describeShape = async (client: Client): Promise<string> =>
  [...(await readShape(client))]
    .map(([what, how]) => `${what}${how === '' ? '' : `${separator}${how}`}\n`)
    .sort()
    .join('')

let ours: Shape | undefined

/** Everything in which the log's tables are not as the migrations make them, by name. */
export const findChanges = async (client: Client): Promise<string[]> => {
  ours ??= parseShape(readFileSync(shapeFile, 'utf8'))
  const found = await readShape(client)
  const changes: string[] = []
  for (const what of [...new Set([...ours.keys(), ...found.keys()])].sort()) {
    const [is, should] = [found.get(what), ours.get(what)]
    if (is === undefined) changes.push(`${what} is missing`)
    else if (should === undefined) changes.push(`${what} is not of this program`)
    else if (is !== should) changes.push(`${what} was changed`)
  }
  return changes
}

/** How many changes a sentence names. */
const namedMost = 5

/** What was changed, in a sentence; undefined where nothing was. */
export const tellChanges = (changes: readonly string[]): string | undefined => {
  if (changes.length === 0) return undefined
  const named = [...changes.slice(0, namedMost), ...(changes.length > namedMost ? [`and ${changes.length - namedMost} more`] : [])]
  return `The log's tables are not as this program made them: ${named.join('; ')}.`
}
