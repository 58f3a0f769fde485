/// The Linux personality's name space: handlers and constants are spelt as Linux's headers spell them.
package enum Linux {}
