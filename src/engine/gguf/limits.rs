//! What a header may hold at most, and where each figure comes from.

/// Caps on the counts and lengths that a file may claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole header. Gemma 3's, with 262,144 tokens and 514,906 merges, is 15 MB.
    pub header_bytes: u64,
    /// Metadata entries. Files of 2026 have fewer than a hundred.
    pub metadata_entries: u64,
    /// Tensors. The largest mixture-of-experts models have some 1,200.
    pub tensors: u64,
    /// Bytes of a metadata key: the specification's 2^16 − 1.
    pub key_bytes: u64,
    /// Bytes of one text. The longest in use are chat templates of some 30 KB.
    pub string_bytes: u64,
    /// Items of one array. The longest in use are lists of some 500,000 merges.
    pub array_items: u64,
    /// Arrays in arrays. The specification allows them; no known writer makes them.
    pub array_depth: u32,
    /// Bytes of a tensor's name: the specification's 64.
    pub tensor_name_bytes: u64,
    /// Dimensions of a tensor: ggml's `GGML_MAX_DIMS`.
    pub dims: u32,
    /// The largest `general.alignment`; 32 is usual, and 64 KiB is the largest page in use.
    pub alignment: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_bytes: 64 << 20,
            metadata_entries: 1 << 14,
            tensors: 1 << 16,
            key_bytes: (1 << 16) - 1,
            string_bytes: 4 << 20,
            array_items: 1 << 22,
            array_depth: 2,
            tensor_name_bytes: 64,
            dims: 4,
            alignment: 1 << 16,
        }
    }
}
