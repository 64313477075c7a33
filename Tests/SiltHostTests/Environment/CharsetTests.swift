// SPDX-License-Identifier: Apache-2.0
//
// Which characters text for people may have.

import SiltHost
import Testing

@Suite struct CharsetTests {
    @Test(arguments: [
        (nil, Charset.unicode), ("C", .ascii), ("POSIX", .ascii), ("C.UTF-8", .unicode), ("de_DE.utf8", .unicode),
        ("de_DE@euro", .ascii),
    ])
    func aLocaleNamesItsCharacters(locale: String?, charset: Charset) {
        #expect(Charset(locale: locale) == charset)
    }

    @Test func columnsStillLineUpInASCII() {
        let table = "growth   ±95%  name\n  12MB    ±3%  grow…()\n   1kB  ≥1234  größe → x\n"
        #expect(Charset.unicode.text(table) == table)
        #expect(Charset.ascii.text(table) == "growth  +-95%  name\n  12MB   +-3%  grow~()\n   1kB >=1234  gr??e -> x\n")
        #expect(Charset.ascii.text("▁▄█") == "148")
    }
}
