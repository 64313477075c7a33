// SPDX-License-Identifier: Apache-2.0
//
// The table of `silt list`: sessions on this host and how they stand. It reads no file.

import SiltFile
import SiltHost

/// Sessions for a person to choose from.
package struct SessionList: Sendable {
    package struct Row: Sendable {
        package var program: String
        package var pid: UInt32
        /// `running`, `exited`, `killed`, or what else is known.
        package var state: String
        package var isRunning: Bool
        /// Nanoseconds since 1970.
        package var start: UInt64
        /// Seconds from the start to the last sign of life.
        package var age: Double
        /// Estimated bytes in use.
        package var inUse: Double
        package var path: String

        package init(
            program: String, pid: UInt32, state: String, isRunning: Bool = false, start: UInt64, age: Double,
            inUse: Double, path: String
        ) {
            self.program = program
            self.pid = pid
            self.state = state
            self.isRunning = isRunning
            self.start = start
            self.age = age
            self.inUse = inUse
            self.path = path
        }
    }

    /// What runs comes first, then what began last.
    package var rows: [Row]

    package init(_ rows: [Row]) {
        self.rows = rows.sorted { a, b in
            if a.isRunning != b.isRunning { return a.isRunning }
            return a.start != b.start ? a.start > b.start : (a.program, a.pid, a.path) < (b.program, b.pid, b.path)
        }
    }

    package func text(width: Int? = nil) -> String {
        var table = Table([
            Table.Column("PROGRAM"), Table.Column("PID", isFigure: true), Table.Column("STATE"),
            Table.Column("STARTED", narrow: .leftOut(2)), Table.Column("AGE", isFigure: true, narrow: .leftOut(1)),
            Table.Column("IN USE", isFigure: true, narrow: .leftOut(3)), Table.Column("FILE"),
        ])
        // Paths are to be copied.
        table.least = rows.map { printable($0.path).count }.max() ?? table.least
        table.rows = rows.map { row in
            [
                row.program, "\(row.pid)", row.state, formatMoment(row.start), formatDuration(seconds: row.age),
                formatBytes(row.inUse), row.path,
            ]
        }
        return table.text(width: width)
    }
}
