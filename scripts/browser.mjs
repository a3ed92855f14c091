import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Playwright keeps what it downloads. */
const playwrightFolder = () => {
  const { PLAYWRIGHT_BROWSERS_PATH: configured = '' } = process.env
  if (configured && configured !== '0') return configured
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ms-playwright')
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'ms-playwright')
  return join(homedir(), '.cache', 'ms-playwright')
}

const playwrightBrowsers = () => {
  const folder = playwrightFolder()
  if (!existsSync(folder)) return []
  const places = [
    ['chrome-linux', 'chrome'],
    ['chrome-linux64', 'chrome'],
    ['chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'],
    ['chrome-win', 'chrome.exe'],
  ]
  const versions = readdirSync(folder)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort()
    .reverse()
  return versions.flatMap((name) => places.map((place) => join(folder, name, ...place)))
}

const systemBrowsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The Chromium of this machine: the one in CHROMIUM_PATH, Playwright's, or the system's. Undefined where there is none. */
export const findBrowser = () => {
  const { CHROMIUM_PATH: configured } = process.env
  if (configured) return existsSync(configured) ? configured : undefined
  return [...playwrightBrowsers(), ...systemBrowsers].find((path) => existsSync(path))
}

/** What a person without one has to do. */
export const browserHint = 'Install Chromium (Debian: apt install chromium) or set CHROMIUM_PATH to the program of one.'

const firefoxes = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox']

/** The Firefox of this machine: the one in FIREFOX_PATH, or the system's. Undefined where there is none. */
export const findFirefox = () => {
  const { FIREFOX_PATH: configured } = process.env
  if (configured) return existsSync(configured) ? configured : undefined
  return firefoxes.find((path) => existsSync(path))
}
