/** How many letters one text is away from another: left out, put in, mistaken, or two neighbors swapped. */
export const distanceOf = (one: string, other: string): number => {
  const [a, b] = [[...one], [...other]]
  let before: number[] = []
  let last = b.map((_, at) => at + 1)
  let lastStart = 0
  for (const [i, letter] of a.entries()) {
    const row: number[] = []
    for (const [j, other] of b.entries()) {
      const diagonal = j === 0 ? lastStart : (last[j - 1] as number)
      const left = j === 0 ? i + 1 : (row[j - 1] as number)
      let steps = Math.min((last[j] as number) + 1, left + 1, diagonal + (letter === other ? 0 : 1))
      if (i > 0 && j > 0 && letter === b[j - 1] && a[i - 1] === other) {
        steps = Math.min(steps, (j === 1 ? i - 1 : (before[j - 2] as number)) + 1)
      }
      row.push(steps)
    }
    before = last
    last = row
    lastStart = i + 1
  }
  return last.at(-1) ?? a.length
}
