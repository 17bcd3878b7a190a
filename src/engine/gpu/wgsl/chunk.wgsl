// What every kernel is told of the tokens at hand.
struct Chunk {
    // Rows (tokens) to compute.
    tokens: u32,
    // Position of the first of them.
    first: u32,
    // Row of the residual stream that is the first.
    row: u32,
    // How many (row, token) pairs are asked for.
    asked: u32,
}
