# SPDX-License-Identifier: Apache-2.0
#
# THE rule of CShim's floors: each may include and call its own files, those of the floors named here, and include/.

FLOORS := base session tables cfi dump sample entry
BELOW_base :=
BELOW_session := base
BELOW_tables := session base
BELOW_cfi := base
BELOW_dump := tables session base
BELOW_sample := dump cfi tables session base
BELOW_entry := sample dump cfi tables session base
