/** What replies are made of. Each word is one token by the mimic's own rule (src/mimic/tokens.ts). */

export const plainWords: readonly string[] = `
able about above across act add after again age ago air all almost alone along also always among and answer any appear
apple area arm around art ask away back ball bank base bear beat bed been before begin behind bell best better between
big bird black block blue board boat body book both bottom box bread break bridge bright bring brother brown build busy
call came can car care carry case catch cause cell center chair chance change check child choose circle city class clean
clear climb clock close cloud coat cold color come common cook cool copy corn corner cost could count country course
cover cross crowd cry cup current cut dance dark day deal deep desert design did differ dinner direct discuss divide
doctor does dog door double down draw dream dress drink drive drop dry during each early earth ease east eat edge effect
egg eight either else end enemy energy engine enough enter equal even evening event ever every exact example expect
experience eye face fact fall family far farm fast father favor feed feel feet few field fight figure fill final find
fine finger finish fire first fish fit five flat floor flow flower fly follow food foot for force forest form forward
found four free fresh friend from front fruit full game garden gather gave general gentle get girl give glad glass go
gold good got govern grand grass gray great green ground group grow guess guide had hair half hand happen happy hard
`
  .trim()
  .split(/\s+/);

/** Two, three and four bytes to the character in UTF-8. */
export const multibyteWords: readonly string[] = [
  "naïve",
  "größe",
  "épée",
  "東京",
  "語彙",
  "спасибо",
  "नमस्ते",
  "🙂",
  "🚀",
];
