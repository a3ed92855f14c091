/** Minutes as a person says them: 45 s, 12 min, 1 h 20 min. */
export const formatMinutes = (minutes: number): string => {
  if (minutes < 1) return `${Math.round(minutes * 60)} s`
  if (minutes < 10) return `${minutes.toFixed(1)} min`
  if (minutes < 60) return `${Math.round(minutes)} min`
  const whole = Math.round(minutes)
  if (whole < 2880) return `${Math.floor(whole / 60)} h ${whole % 60} min`
  return `${(minutes / 1440).toFixed(1)} d`
}

const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const shortDays = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** The Monday on which a week begins, in UTC as it is counted. */
export const formatWeek = (from: string): string => days.format(new Date(from))
export const formatWeekShort = (from: string): string => shortDays.format(new Date(from))
