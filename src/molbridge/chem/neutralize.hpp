#pragma once
// Private to chem: charges, one spelling.

namespace RDKit {
class RWMol;
}

namespace molbridge::chem {

/// Moves protons until nothing is charged that a proton can neutralise, and writes S, Se, Te, P and As neutral where
/// the charge-separated spelling [S+]-[O-] was used. Returns whether anything changed; the caller sanitises again then.
///
/// What stays charged: neighbours of opposite charge (nitro, N-oxide, azide, diazo, isocyanide); cations without
/// hydrogen (quaternary ammonium, pyridinium, metals); anions that take no proton (BF4-, PF6-, aromatic carbanions).
/// Against each permanent cation one acid stays, or becomes, deprotonated: the strongest, so that a betaine has one
/// spelling whichever of its protonation states was given. Requires a sanitised molecule of one fragment.
bool neutralize(RDKit::RWMol& mol);

}  // namespace molbridge::chem
