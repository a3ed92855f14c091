import type { Locator, Page } from 'playwright-core'

/** Signs in at the local provider with one click. */
export const signInAs = async (page: Page, consoleUrl: string, login: string): Promise<void> => {
  await page.goto(`${consoleUrl}/sign-in`)
  await page.getByRole('link', { name: new RegExp(`${login}@vendor\\.example`) }).click()
  await page.waitForURL((url) => url.origin === new URL(consoleUrl).origin && /^\/(tenants|audit)?$/.test(url.pathname))
}

/** Goes to another page without loading the console again, and waits until it has what it shows. */
export const goTo = async (page: Page, path: string): Promise<void> => {
  // A console that only begins would lead to its own first page after it.
  await settle(page)
  await page.evaluate((to) => history.pushState(null, '', to), path)
  await settle(page)
}

/** Waits until nothing on the page is still being loaded. */
export const settle = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('[aria-busy=true], .skeleton'))
}

/** Waits until a page that was gone to has taken the focus, which it does after its address is there. */
export const arrive = async (page: Page, path: string): Promise<void> => {
  await page.waitForURL((url) => url.pathname === path)
  await page.waitForFunction(() => document.activeElement?.id === 'main')
}

/** What has the focus, as a person is told: its role, its name, and whether it can be seen to have it. */
export const focused = (page: Page): Promise<{ tag: string; name: string; isVisible: boolean }> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const label = element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent ?? ''
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element)
    const hasOutline = outlineStyle !== 'none' && outlineWidth !== '0px' && !/, 0\)$|transparent/.test(outlineColor)
    const { width, height } = element.getBoundingClientRect()
    return {
      tag: element.tagName.toLowerCase(),
      name: label.trim().replace(/\s+/g, ' '),
      isVisible: (hasOutline || boxShadow !== 'none') && width > 0 && height > 0,
    }
  })

/** Presses Tab until something of this name has the focus; says where the focus could not be seen on the way. */
export const tabTo = async (page: Page, name: RegExp, { most = 60, back = false } = {}): Promise<string[]> => {
  const unseen: string[] = []
  for (let n = 0; n < most; n++) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    const now = await focused(page)
    if (now.tag !== 'body' && !now.isVisible) unseen.push(`${now.tag} ${now.name}`)
    if (name.test(now.name)) return unseen
  }
  throw new Error(`nothing named ${name} was reached in ${most} steps; the focus is on ${JSON.stringify(await focused(page))}`)
}

export const rowsOf = (page: Page, table: string): Locator => page.getByRole('table', { name: table }).locator('tr[data-row]')
