// SPDX-License-Identifier: Apache-2.0
//
// The table of `silt list`: sessions on this host and how they stand. It looks at nothing itself.

import SiltFile

/// Sessions for a person to choose from.
public struct SessionList: Sendable {
    public struct Row: Sendable {
        public var program: String
        public var pid: UInt32
        /// `running`, `exited`, `killed`, or what else is known.
        public var state: String
        /// Nanoseconds since 1970.
        public var start: UInt64
        /// Seconds from the start to the last sign of life.
        public var age: Double
        /// Estimated bytes in use.
        public var inUse: Double
        public var path: String

        public init(
            program: String, pid: UInt32, state: String, start: UInt64, age: Double, inUse: Double, path: String
        ) {
            self.program = program
            self.pid = pid
            self.state = state
            self.start = start
            self.age = age
            self.inUse = inUse
            self.path = path
        }
    }

    /// By program, then start, then pid.
    public var rows: [Row]

    public init(_ rows: [Row]) {
        self.rows = rows.sorted { a, b in
            (a.program, a.start, a.pid, a.path) < (b.program, b.start, b.pid, b.path)
        }
    }

    public func text(width: Int? = nil) -> String {
        var table = Table([
            Table.Column("PROGRAM"), Table.Column("PID", isFigure: true), Table.Column("STATE"),
            Table.Column("STARTED"), Table.Column("AGE", isFigure: true), Table.Column("IN USE", isFigure: true),
            Table.Column("FILE"),
        ])
        table.rows = rows.map { row in
            [
                row.program, "\(row.pid)", row.state, formatMoment(row.start), formatDuration(seconds: row.age),
                formatBytes(row.inUse), row.path,
            ]
        }
        return table.text(width: width)
    }
}
