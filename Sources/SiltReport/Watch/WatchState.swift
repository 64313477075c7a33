// SPDX-License-Identifier: Apache-2.0
//
// What a live view shows and what each key changes. It reads nothing and draws nothing.

package import SiltHost
import SiltProfile

/// The state of `silt watch`.
package struct WatchState: Sendable, Hashable {
    package enum View: Sendable, Hashable, CaseIterable { case top, diff, threads, help }

    /// What is to be done after a key.
    package enum Action: Sendable, Hashable {
        case nothing, draw
        /// The figures must be read anew.
        case read
        case takeBaseline, suspend, quit
    }

    /// Figures in the order in which a key goes through them.
    static let kinds = Profile.Kind.heap.reversed().map(\.name)
    static let pauses: [Int] = [1, 2, 5, 10, 30, 60]

    package var view = View.top
    package var kind: String
    package var order = ReportOptions.Order.flat
    package var foldsRuntimes = true
    package var filter = ""
    /// What is being typed; nil: keys are commands.
    package var typed: String?
    package var isPaused = false
    package var seconds: Int
    /// The first line that is shown of the report.
    package var scroll = 0
    /// How its process has ended, in words; nil: it runs, or nobody knows.
    package var ending: String?
    /// When the baseline was taken, in words; nil: there is none.
    package var baseline: String?

    package init(kind: String? = nil, order: ReportOptions.Order = .flat, seconds: Int = 2) {
        self.kind = kind ?? Self.kinds[0]
        self.order = order
        self.seconds = max(1, seconds)
    }

    /// - Parameter page: lines of the report that are seen at a time.
    package mutating func press(_ key: Key, page: Int) -> Action {
        if typed != nil { return type(key) }
        switch key {
        case .interrupt, .character("q"): return .quit
        case .suspend: return .suspend
        case .escape where view == .help: return show(.top)
        case .escape:
            guard !filter.isEmpty else { return .nothing }
            filter = ""
            return .read
        case .character("t"), .character("1"): return show(.top)
        case .character("d"), .character("2"): return show(.diff)
        case .character("h"), .character("3"): return show(.threads)
        case .character("?"): return show(view == .help ? .top : .help)
        case .tab: return show(view == .top ? .diff : view == .diff ? .threads : .top)
        case .character("b"): return .takeBaseline
        case .character("r"): return .read
        case .character("s"):
            order = order == .flat ? .cum : .flat
            return .read
        case .character("o"):
            let place = Self.kinds.firstIndex(of: kind) ?? -1
            kind = Self.kinds[(place + 1) % Self.kinds.count]
            return .read
        case .character("x"):
            foldsRuntimes.toggle()
            return .read
        case .character("/"):
            typed = filter
            return .draw
        case .character("p"), .character(" "):
            isPaused.toggle()
            return isPaused ? .draw : .read
        case .character("+"), .character("="):
            seconds = Self.pauses.first { $0 > seconds } ?? seconds
            return .draw
        case .character("-"):
            seconds = Self.pauses.last { $0 < seconds } ?? seconds
            return .draw
        case .down, .character("j"): return scroll(by: 1)
        case .up, .character("k"): return scroll(by: -1)
        case .pageDown: return scroll(by: page)
        case .pageUp: return scroll(by: -page)
        case .home, .character("g"): return scroll(by: -scroll)
        case .end, .character("G"): return scroll(by: Int.max / 2 - scroll)
        default: return .nothing
        }
    }

    private mutating func show(_ view: View) -> Action {
        self.view = view
        scroll = 0
        return view == .help ? .draw : .read
    }

    private mutating func scroll(by lines: Int) -> Action {
        scroll = max(0, scroll + lines)
        return .draw
    }

    private mutating func type(_ key: Key) -> Action {
        switch key {
        case .interrupt, .escape:
            typed = nil
            return .draw
        case .enter:
            filter = typed ?? ""
            typed = nil
            scroll = 0
            return .read
        case .backspace:
            _ = typed?.popLast()
            return .draw
        case .character(let character):
            typed?.append(character)
            return .draw
        case .suspend: return .suspend
        default: return .nothing
        }
    }
}
