// SPDX-License-Identifier: Apache-2.0
//
// Whether snapshots are named in the order in which they were made: the other way round, a leak is shown as shrinkage and
// passes every gate.

package import SiltFile

/// The first session that is older than one of the same process that is named before it; nil: all are in order.
///
/// - Parameter snapshots: in the order in which they are to be compared.
package func misplaced(in snapshots: [[Session]]) -> (session: Session, after: Session)? {
    var latest: [Session.Identity: Session] = [:]
    for session in snapshots.joined() {
        if let known = latest[session.identity], session.moment < known.moment { return (session, known) }
        latest[session.identity] = session
    }
    return nil
}
