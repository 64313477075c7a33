// SPDX-License-Identifier: Apache-2.0
//
// Tables on terminals that are too narrow for them.

import Testing

@testable import SiltReport

@Suite struct TableTests {
    private static var table: Table {
        var table = Table([
            Table.Column("bytes", isFigure: true), Table.Column("share", isFigure: true, narrow: .leftOut(1)),
            Table.Column("course", narrow: .below), Table.Column("name"),
        ])
        table.rows = [
            ["12MB", "50%", "steady growth", "aFunctionWithALongName"], ["1kB", "1%", "", "short"],
        ]
        return table
    }

    @Test func withRoomNothingIsLeftOut() {
        let whole = """
            bytes  share  course         name
             12MB    50%  steady growth  aFunctionWithALongName
              1kB     1%                 short

            """
        #expect(Self.table.text() == whole)
        #expect(Self.table.text(width: 51) == whole)
    }

    @Test func aNameIsCutBeforeColumnsAreLeftOut() {
        let lines = Self.table.text(width: 49).split(separator: "\n")
        #expect(lines[1] == " 12MB    50%  steady growth  aFunction…hALongName")
    }

    @Test func columnsAreLeftOutByTheirRank() {
        let lines = Self.table.text(width: 45).split(separator: "\n")
        #expect(lines[0] == "bytes  course         name")
        #expect(lines[1] == " 12MB  steady growth  aFunctionWithALongName")
    }

    @Test func whatMayStandBelowDoesSoAtLast() {
        let expected = """
            bytes  name
             12MB  aFunction…hALongName
                     steady growth
              1kB  short

            """
        #expect(Self.table.text(width: 27) == expected)
    }

    /// A long name of C++ keeps the function's own name, whatever its templates are.
    @Test func theOwnNameOfALongFunctionStays() {
        let map = "std::map<std::string, std::vector<std::function<void (int)>>>"
        let name = "Deep<\(map), \(map)>::remember_session(\(map) const&)"
        #expect(shortName(name, to: 30) == "Deep<…>::remember_session(…)")
        #expect(shortName("bool operator<< <\(map)>(\(map) const&)", to: 30) == "bool operator<< <…>(…)")
        #expect(shortName("Deep<\(map)>::operator->() const", to: 36) == "Deep<…>::operator->() const")
        #expect(shortName(String(repeating: "<", count: 50), to: 11) == "<<<<<…<<<<<")
    }

    /// A name gives way from the outside: the folders of its file, then the middle of the function, then the file.
    @Test(arguments: [
        (60, "Cache<std::string>::open(int) /srv/cache/open.cc:12"), (50, "Cache<std::string>::open(int) open.cc:12"),
        (38, "Cache<…>::open(int) open.cc:12"),
        (29, "Cache<…>::open(int) :12"),
        (15, "…open(…) :12"),
    ])
    func aNameOutlastsItsFile(room: Int, expected: String) {
        var table = Table([Table.Column("name")])
        table.rows = [["Cache<std::string>::open(int) /srv/cache/open.cc:12"]]
        #expect(table.text(width: room) == "name\n\(expected)\n")
        table.rows[0][0] += " (inline)"
        #expect(table.text(width: room + 9).hasSuffix(" (inline)\n"))
    }
}
