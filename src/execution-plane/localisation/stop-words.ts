/** Words of English, and of reports in general, that say nothing of where in a repository something is. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `the a an and or not is are was were be been being to of in on at for with by from as it its this that these those i we
  you he she they my our your their me us them when where which what who whom how why if then else than so but do does did
  done can could should would will may might must shall has have had having there here no nor yes just only also very more
  most some any all each every either neither other another such into onto out up down over under again about against after
  before between during through both few own same too s t d ll re ve m don doesn didn isn aren wasn won can't now new use
  used using uses get gets got getting one two three first second last see seen saw eg ie etc like following follow example
  code version issue issues bug bugs error errors expected expect actual actually behavior behaviour output outputs result
  results problem problems fix fixed fixes please thanks thank think way ways work works working worked want wanted need
  needs seem seems seemed since while however still even well much many make makes made let lets yet though although because
  without within instead rather case cases happen happens happened currently possible maybe something anything nothing`
    .split(/\s+/)
    .filter((word) => word !== ''),
)
