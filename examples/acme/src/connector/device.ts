const browsers: [RegExp, string][] = [
  [/Edg\/(\d+)/, 'Edge'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Chrome\/(\d+)/, 'Chrome'],
  [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, 'Safari'],
]

const systems: [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** `Firefox 145 on Windows`; what is not recognised is shown as it came. */
export function describeDevice(userAgent: string | null): string | null {
  if (!userAgent) return null
  for (const [pattern, browser] of browsers) {
    const version = pattern.exec(userAgent)?.[1]
    const system = systems.find(([name]) => name.test(userAgent))?.[1]
    if (version && system) return `${browser} ${version} on ${system}`
  }
  return userAgent.slice(0, 500)
}
