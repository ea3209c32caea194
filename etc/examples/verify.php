<?php
/*
 * How a back end verifies a session token: with the published key set alone.
 * PHP 8 with its openssl; EdDSA wants sodium, which most packages of PHP have.
 *
 * In a site:
 *
 *	require 'verify.php';
 *	$keys = json_decode(file_get_contents(
 *	    'https://login.example.org/.well-known/jwks.json'), true);
 *	$user = null;
 *	try {
 *		$claims = verify_session($_COOKIE['hanko'] ?? '', $keys,
 *		    'example.org');
 *		$user = $claims['sub'];
 *	} catch (UnknownKey $e) {
 *		// Fetch the set again, at most once a minute, and try again.
 *	} catch (InvalidToken $e) {
 *		// Not logged in: $user stays null.
 *	}
 *
 * Keep the key set for as long as its Cache-Control says.  A signature does
 * not tell that somebody has logged out; where that matters, ask
 * GET /sessions/validate.
 *
 * From a shell, with the token on standard input:
 *
 *	php verify.php KEYS AUDIENCE [ISSUER]
 *
 * KEYS is the URL or the file of a key set.  Prints the claims and exits 0,
 * or says why not and exits 1.
 */
declare(strict_types=1);

class InvalidToken extends Exception {}
class UnknownKey extends InvalidToken {}

/* Clocks of two hosts may differ by this much. */
const LEEWAY_S = 60;

/*
 * The claims of a good token.  $keys is a decoded JSON Web Key set (RFC
 * 7517), $audience one that must be among the token's, $issuer the only one
 * accepted, or null to accept any.
 */
function verify_session(string $token, array $keys, string $audience,
    ?string $issuer = null): array
{
	$parts = explode('.', $token);
	if (count($parts) !== 3 || strlen($token) > 8192)
		throw new InvalidToken('not a token');
	[$header, $payload, $signature] = $parts;
	$head = json_object(decode_base64url($header));
	/* What webhooks are told is signed by the same keys: webhook+jwt. */
	if (!is_string($head['kid'] ?? null) || isset($head['crit'])
	    || ($head['typ'] ?? 'JWT') !== 'JWT')
		throw new InvalidToken('a header that is not ours');

	$key = find_key($keys, $head['kid']);
	/* The key decides on the algorithm; the token may only agree. */
	if (($head['alg'] ?? null) !== $key['alg'])
		throw new InvalidToken('not the algorithm of its key');
	if (!signature_ok($key, "$header.$payload",
	    decode_base64url($signature)))
		throw new InvalidToken('the signature is wrong');

	return checked_claims(json_object(decode_base64url($payload)),
	    $audience, $issuer);
}

function checked_claims(array $claims, string $audience, ?string $issuer)
    : array
{
	$now = time();

	if (!is_int($claims['exp'] ?? null) || $now >= $claims['exp'])
		throw new InvalidToken('expired');
	if (!is_int($claims['iat'] ?? null)
	    || $claims['iat'] > $now + LEEWAY_S)
		throw new InvalidToken('issued in the future');
	if (isset($claims['nbf']) && (!is_int($claims['nbf'])
	    || $claims['nbf'] > $now + LEEWAY_S))
		throw new InvalidToken('not valid yet');
	if (!in_array($audience, (array)($claims['aud'] ?? []), true))
		throw new InvalidToken('meant for somebody else');
	if ($issuer !== null && ($claims['iss'] ?? null) !== $issuer)
		throw new InvalidToken('issued by somebody else');
	if (!is_string($claims['sub'] ?? null) || $claims['sub'] === '')
		throw new InvalidToken('nobody\'s');
	if (!is_string($claims['session_id'] ?? null))
		throw new InvalidToken('of no session');
	return $claims;
}

function find_key(array $keys, string $kid): array
{
	foreach ($keys['keys'] ?? [] as $key)
		if (($key['kid'] ?? null) === $kid
		    && ($key['use'] ?? 'sig') === 'sig'
		    && is_string($key['alg'] ?? null))
			return $key;
	throw new UnknownKey('signed with an unknown key');
}

/* The algorithms that Postern signs with, and no others (RFC 8725 3.1). */
function signature_ok(array $key, string $text, string $signature): bool
{
	return match ([$key['alg'], $key['kty'] ?? '', $key['crv'] ?? '']) {
		['RS256', 'RSA', ''] =>
		    openssl_ok($text, $signature, rsa_pem($key)),
		['ES256', 'EC', 'P-256'] => strlen($signature) === 64
		    && openssl_ok($text, ecdsa_der($signature), ec_pem($key)),
		['EdDSA', 'OKP', 'Ed25519'] =>
		    ed25519_ok($text, $signature, $key),
		default => throw new InvalidToken('an algorithm that is not ours'),
	};
}

function openssl_ok(string $text, string $signature, string $pem): bool
{
	$key = openssl_pkey_get_public($pem);

	return $key !== false
	    && openssl_verify($text, $signature, $key, OPENSSL_ALGO_SHA256) === 1;
}

function ed25519_ok(string $text, string $signature, array $key): bool
{
	$public = decode_base64url($key['x']);

	if (!function_exists('sodium_crypto_sign_verify_detached'))
		throw new RuntimeException(
		    'EdDSA is unsupported: PHP lacks sodium');
	return strlen($public) === SODIUM_CRYPTO_SIGN_PUBLICKEYBYTES
	    && strlen($signature) === SODIUM_CRYPTO_SIGN_BYTES
	    && sodium_crypto_sign_verify_detached($signature, $text, $public);
}

/* ---- JSON Web Keys as the PEM that openssl reads (RFC 8017, RFC 5480) */

function der(int $tag, string $content): string
{
	$len = strlen($content);
	$octets = ltrim(pack('N', $len), "\0");

	return chr($tag) . ($len < 128 ? chr($len)
	    : chr(0x80 | strlen($octets)) . $octets) . $content;
}

/* An unsigned number as INTEGER: no needless zeros, never negative. */
function der_integer(string $bytes): string
{
	$bytes = ltrim($bytes, "\0");

	return der(0x02, $bytes === '' || ord($bytes[0]) & 0x80
	    ? "\0$bytes" : $bytes);
}

/* SubjectPublicKeyInfo; $algorithm is the content of its identifier. */
function pem(string $algorithm, string $key): string
{
	$der = der(0x30, der(0x30, $algorithm) . der(0x03, "\0$key"));

	return "-----BEGIN PUBLIC KEY-----\n"
	    . chunk_split(base64_encode($der), 64, "\n")
	    . "-----END PUBLIC KEY-----\n";
}

function rsa_pem(array $key): string
{
	$rsa_encryption = hex2bin('06092a864886f70d010101' . '0500');
	$n = decode_base64url($key['n']);

	if (strlen(ltrim($n, "\0")) < 256)
		throw new InvalidToken('an RSA key of less than 2048 bits');
	return pem($rsa_encryption, der(0x30, der_integer($n)
	    . der_integer(decode_base64url($key['e']))));
}

function ec_pem(array $key): string
{
	$ec_public_key_p256 =
	    hex2bin('06072a8648ce3d0201' . '06082a8648ce3d030107');
	$x = decode_base64url($key['x']);
	$y = decode_base64url($key['y']);

	if (strlen($x) !== 32 || strlen($y) !== 32)
		throw new InvalidToken('a malformed key');
	return pem($ec_public_key_p256, "\4$x$y");
}

/* r and s side by side (RFC 7518 3.4) as the SEQUENCE that openssl reads. */
function ecdsa_der(string $signature): string
{
	return der(0x30, der_integer(substr($signature, 0, 32))
	    . der_integer(substr($signature, 32)));
}

/* ---- the parts of a token */

function decode_base64url(string $text): string
{
	$bytes = base64_decode(strtr($text, '-_', '+/'), true);

	/* Exactly one spelling: no padding, no stray bits, no other alphabet. */
	if ($bytes === false || $text
	    !== rtrim(strtr(base64_encode($bytes), '+/', '-_'), '='))
		throw new InvalidToken('not base64url');
	return $bytes;
}

function json_object(string $text): array
{
	$value = json_decode($text, true, 16);

	if (!is_array($value) || ($text[0] ?? '') !== '{')
		throw new InvalidToken('not a JSON object');
	return $value;
}

/* ---- from a shell */

function main(array $argv): int
{
	if (count($argv) < 3) {
		fwrite(STDERR, "usage: php verify.php KEYS AUDIENCE [ISSUER]\n");
		return 2;
	}
	$keys = json_decode((string)file_get_contents($argv[1]), true);
	$token = trim((string)stream_get_contents(STDIN));
	try {
		$claims = verify_session($token, (array)$keys, $argv[2],
		    $argv[3] ?? null);
	} catch (InvalidToken | RuntimeException $e) {
		fwrite(STDERR, $e->getMessage() . "\n");
		return 1;
	}
	echo json_encode($claims, JSON_UNESCAPED_SLASHES), "\n";
	return 0;
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__)
	exit(main($argv));
