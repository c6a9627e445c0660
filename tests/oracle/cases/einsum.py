"""Sums of products in index notation."""

from tests.oracle.spec import case, complex64, f32, f64, ints, raises, values

ONE = ["ij->ji", "ij->", "ij->j", "ij", "ba", "...i->...i", "i...->...i", "ij->ij"]
SQUARE = ["ii", "ii->i", "ii->", "iij->ij", "iji->j"]


def square(equation: str):
    """Three equal dimensions, or two, as the equation says."""
    return f32(*[3] * len(equation.partition("->")[0]))


TWO = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i", (4,), (4,)),
    ("i,->i", (4,), ()),
    ("ij,k->ik", (2, 3), (4,)),
    ("ij,k->j", (2, 3), (4,)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 4)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("aij,jb->abi", (2, 3, 4), (4, 2)),
    ("...ij,...jk->...ik", (5, 1, 2, 3), (4, 3, 2)),
    ("...j,jk->...k", (2, 3, 4), (4, 2)),
    ("ij...,j->i...", (2, 3, 4), (3,)),
    ("...i,...i->...", (2, 1, 3), (5, 3)),
    ("a...b,b...->...a", (2, 1, 3), (3, 4)),
    ("iij,j->i", (2, 2, 3), (3,)),
]

CASES = [
    *[case("einsum", e, f32(2, 3), grad=True, grad2=True) for e in ONE],
    *[case("einsum", e, square(e), grad=True, grad2=True) for e in SQUARE],
    *[case("einsum", e, f32(*a), f32(*b), grad=True, grad2=True) for e, a, b in TWO],
    *[
        case("einsum", "ij,jk->ik", values(2, 3, dtype=t), values(3, 2, dtype=t))
        for t in ("float16", "bfloat16", "float64", "int32", "int64", "complex64", "complex128")
    ],
    case("einsum", "ij,jk->ik", complex64(2, 3), complex64(3, 2), grad=True, grad2=True),
    case("einsum", "ii->i", complex64(3, 3), grad=True),
    case("einsum", " i j , j k -> i k ", f32(2, 3), f32(3, 2)),
    case("einsum", "ij,jk,kl->il", f32(2, 3), f32(3, 4), f32(4, 2), grad=True),
    case("einsum", "ij,jk,kl->il", f32(2, 3), f32(3, 4), f32(4, 2), optimize="optimal"),
    case("einsum", "ij,ij,ij->i", f32(2, 3), f32(2, 3), f32(2, 3), grad=True),
    case(
        "einsum", "...ij,jk,kl,lm->...im", f64(2, 2, 3), f64(3, 4), f64(4, 2), f64(2, 2), grad=True
    ),
    case("raw_ops.Einsum", inputs=[f32(3)], equation="i->ii", grad=True),
    case("raw_ops.Einsum", inputs=[f32(2, 3)], equation="ij->jij"),
    raises("einsum", "ij,jk->ik", f32(2, 3), f32(2, 3), match="Expected dimension 3 at axis 0"),
    raises("einsum", "ijk->i", f32(2, 3), match="rank 3"),
    raises("einsum", "ij,jk->im", f32(2, 3), f32(3, 2), match="label m"),
    raises("einsum", "ij,k->ik", f32(2, 3), match="expecting 2"),
    raises("einsum", "i->ii", f32(2), match="more than once"),
    raises("einsum", "i1->i", f32(2, 3), match="incorrect format"),
    raises("einsum", "...i->i", f32(2, 3), match="ellipsis"),
    raises("einsum", "ij,jk->ik", f32(2, 3), ints(3, 2)),
    raises("einsum", "i,i->i", f32(1), f32(3), match="Expected dimension"),
]
