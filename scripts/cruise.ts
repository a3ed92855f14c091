import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where product code is, as far as it exists. */
const places = ['contract', 'log', 'server/src', 'console/src', 'console/dev', 'examples/acme/src']

/** Reads every import of the product in a folder and holds it against the rules. */
export const cruiseRooms = async (folder = root): Promise<ICruiseResult> => {
  const options: ICruiseOptions = await extractOptions(join(root, '.dependency-cruiser.mjs'))
  const { output } = await cruise(
    places.filter((place) => existsSync(join(folder, place))),
    { ...options, baseDir: folder, validate: true },
    { ...options.enhancedResolveOptions } as object,
  )
  return output as ICruiseResult
}
