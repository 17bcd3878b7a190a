// What every kernel is told of the tokens at hand.
struct Chunk {
    // Rows (tokens) to compute.
    tokens: u32,
    // How many (row, token) pairs are asked for.
    asked: u32,
}
