import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Where product code is, as far as it exists. */
const places = ['contract', 'log', 'server/src', 'console/src', 'console/dev', 'examples/acme/src']

/** Reads every import of the product and holds it against the rules. */
export const cruiseRooms = async (rulesFile = './.dependency-cruiser.mjs', from: string[] = places): Promise<ICruiseResult> => {
  process.chdir(root)
  const options: ICruiseOptions = await extractOptions(rulesFile)
  const { output } = await cruise(
    from.filter((place) => existsSync(place)),
    { ...options, validate: true },
    { ...options.enhancedResolveOptions } as object,
  )
  return output as ICruiseResult
}
