/**
 * Common English words that are one token each, with and without a space before them, in the vocabularies of Llama 2,
 * Llama 3, GPT-4o, gpt-oss, DeepSeek-V3 and Gemma 3. A text of N of them is N tokens there, and nearly so elsewhere.
 */
export const words: readonly string[] = `
able about above accept access account action active actual address after again against agency agent agree air
album all alone along already also always amount animal answer apple apply area arm around article artist aside ask
audio author avoid away baby back bad bag balance ball band bank bar base basic bear because bed before begin
belief below best better between big bill bird block blue board boat body book border born both bottom box boy
brain branch bread break bridge bright bring build business button buy call camp capital car carbon card care case
cash cat catch cause cell center central chain chair change chapter charge check chief child choice church circle
city civil claim class clean clear click client clock close cloud club code cold collect color column come comment
common company compare complete connect contact contain content context contract control cool copy core correct
cost could count country course court cover create credit crew cross culture current custom customer cut cycle
daily dark data date daughter day deal deep degree depth design detail develop device direct doctor dog door double
down draw dream drive drop dry dust each early earth easy eat edge edit effect egg eight either element else email
empty energy engine enter entry equal error escape event every example except exchange exist expect express extra
eye face fact factor fail fair faith fall family fan far farm fast father feature feed feel few field figure file
fill film final find fine finger fire first fish five flag flat flight floor flow flower fly focus follow food foot
for force foreign forest form forward found four frame free fresh friend from front fruit full fun function fund
future gain game gas gate general girl give glass global goal gold good grand grant grass great green ground group
growth guard guess guest guide hair half hall hand handle hang happy hard hat head health hear heart heat heavy
height help here hero hidden high hill history hit hold hole home hope horse hospital host hot hour house human ice
idea image impact important inch include income increase index industry inner input inside instead interest into
iron issue item job join joint joy just justice keep key kid kind king know label lack lake land language large
last late later law lay layer lead leader leaf league learn least leave left leg legal length less lesson let
letter level library lie life lift light like limit line link lion list listen little live load loan local lock
long look lord lost lot love low luck machine mail main major make man manager many map mark market mass master
match material may maybe meal mean measure media medical medium member memory mental menu message metal method
middle might mile million mind minor miss mission mix mobile mode model modern moment money month more most mother
motor mount mouse mouth move movie much music must name nation native natural nature near neck need net network
never new news next nice night nine none normal note nothing notice now number object offer office often oil old
once one only onto open option orange order other our out outside oven over own owner pack page pair panel paper
parent park part partner party pass past path pattern pause pay peace people percent perfect perhaps period person
phone photo phrase pick picture piece pipe place plain plan plane planet plant plate play player please plot plus
point policy pool pop popular port position post pot pour power practice present press pretty price print prior
private problem process product profile profit program project proof proper provide public pull push put quality
quarter question quick quiet quite radio rail rain raise range rate rather raw reach read ready real reason record
red reduce region regular release remain remove rent repeat reply report request research rest result return review
rich ride right ring rise risk river road rock role roll room root rose rough round route row rule run safe salt
same sample sand save say scale scene school science score screen sea search season seat second secret section
secure see seed seek select self sell send sense series serve service session set seven shadow shake shape share
sharp sheet shell shift shine ship shop shore short should show side sign signal similar simple since sing single
site six size skill skin sky sleep slide slow small smart social soft solid solution some song soon sort sound
source space special speed split spot spring square stable staff stage stand standard star start state station stay
steady step stick still stock stone stop storage store storm story stream street stress string strip strong student
studio study style subject success such sun super support surface survey switch symbol system table tail take talk
target task tax tea teacher team tell ten term test text thank that their theme then there thin thing think third
this thought thread three through throw thus tight time tiny tip title today tool top topic total touch tour town
track trade train travel tree true trust truth try turn two type under union unique unit until upon upper urban use
user usual value version very video view visit visual voice volume vote wait walk wall want warning wash watch
water wave way weak wealth wear weather web week weight well west what wheel when where which while whole why wide
wife wild will win wind window wing winner wire wise with within without woman wood word work worker world worth
would wrap write wrong yard year yellow yes young your zone`
  .trim()
  .split(/\s+/);
